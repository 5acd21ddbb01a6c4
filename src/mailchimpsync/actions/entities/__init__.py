"""The actions `get`, `create` and `delete` of the rows we keep: cache rows, updates and batches."""
