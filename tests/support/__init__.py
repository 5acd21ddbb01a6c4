"""What tests of whole runs share: a little world of two stand-ins, a store, and a clock that only moves when told to."""
