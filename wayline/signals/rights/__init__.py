"""People's rights over what is kept about them: to see it, to have it removed, not to have it kept for ever.

Person: a customer with everything that names them. Place: where something about a person can lie; areas above
lend theirs by name. Erasure: the removal of a person from every place, with its certificate. Tombstone: a
hashed value of somebody erased, so that backups and repeated signals cannot bring them back.
"""
