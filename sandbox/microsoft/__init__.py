"""Microsoft, simulated: Entra, which signs people in and issues tokens, and the part of Graph that is used.

Programs reach it over https on 127.0.0.1: metadata, keys, token endpoint, and Graph under ``/v1.0``. Browsers
reach it over plain http on ``localhost``, since they do not know the sandbox's certificate authority:
sign-in and consent.
"""
