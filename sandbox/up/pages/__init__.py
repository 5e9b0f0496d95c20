"""What people see of `muster up`: the start page, and the lines in the terminal."""
