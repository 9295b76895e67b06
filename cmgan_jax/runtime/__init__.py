"""What a process needs of its machine: devices, memory, files, progress."""
