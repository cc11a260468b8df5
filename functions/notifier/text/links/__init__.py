"""Links in untrusted text made inert: only our own may be followed.

In: quoted text, or a whole message. Out: the same without anything that a client makes clickable.
"""
