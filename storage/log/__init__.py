"""The log: records in partitions, in order, for ever."""
