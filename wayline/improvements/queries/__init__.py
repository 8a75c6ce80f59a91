"""What pages and programs ask about opportunities."""
