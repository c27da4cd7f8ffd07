"""What people see while they wait, and when something fails."""
