"""The actions `get`, `create` and `delete` of stored rows: cache rows, updates and batches."""
