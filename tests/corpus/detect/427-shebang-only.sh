# label: serial; impl: -; tasks: -; nodes: -
#!/bin/bash
