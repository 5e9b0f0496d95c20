"""The parts of `muster up` as processes: started, watched, restarted and stopped in order."""
