"""PagerDuty's identity host: people sign in and allow the account's app, which gets tokens for them.

It follows PagerDuty's developer documents *OAuth Functionality*, *Private Apps* and *The PagerDuty OpenID ID
Token*, and RFC 6749 and RFC 7636 where they say nothing.
"""
