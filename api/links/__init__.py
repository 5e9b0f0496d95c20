"""Links that people open in a browser: their pages, and the flow from a page to the return."""
