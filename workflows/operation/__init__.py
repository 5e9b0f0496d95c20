"""``Operation``: one thing that a program asks for, which belongs to no card."""
