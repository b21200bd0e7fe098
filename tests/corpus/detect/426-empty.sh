# label: serial; impl: -; tasks: -; nodes: -
