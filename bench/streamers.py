def part_ffmpeg(table): pass
def part_liquidsoap(table): pass
