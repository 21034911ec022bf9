"""Where chunks of work are done: in this process, or by workers."""
