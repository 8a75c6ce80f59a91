"""How customers are recognised in this workspace, and which two of them may be one."""
