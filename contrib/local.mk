# contrib: the simulator, the rehearsal, what goes onto compute nodes.
