"""One bot: everything that happens to it, in one mailbox.

`state` says what is known, `step` decides (pure), `phase` names where it is, `actor` carries effects out.
"""
