ACTIVITIES = {
    "workspace.created": "Created the workspace",
    "workspace.demo_loaded": "Loaded the demo company",
    "workspace.changed": "Changed the workspace's settings",
    "user.created": "Created the user",
    "member.invited": "Invited a person",
    "member.joined": "Joined the workspace",
    "member.role_changed": "Changed a member's role",
    "member.rights_changed": "Changed what a member may do beyond their role",
    "member.removed": "Removed a member",
    "invitation.withdrawn": "Withdrew an invitation",
    "key.created": "Created a key",
    "key.revoked": "Revoked a key",
}
