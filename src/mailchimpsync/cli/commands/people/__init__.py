"""Commands about people: explain or erase a person, and the journal of all changes.

What they print names people; exports are readable by their owner alone. They use no other package of commands.
"""
