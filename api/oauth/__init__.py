"""Returns from PagerDuty and Microsoft, and telling the workflows of them."""
