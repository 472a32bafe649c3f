"""Who may do what: the policy language, principals, condition keys, and how AWS decides by them."""
