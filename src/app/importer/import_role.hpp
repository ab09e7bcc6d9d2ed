#pragma once

#include <string>

namespace shelcaster::app {

struct ImportOptions {
  std::string source;    // the file as it was uploaded or is being downloaded
  std::string out;       // the ready file to write
  int progress_fd = -1;  // JSON lines go here
  /// End of file here says that `source` is whole, a byte that its rest will never come; -1: it is
  /// whole already.
  int complete_fd = -1;
  /// Of an upload: of a multipart/form-data body the first file is taken.
  std::string content_type;
  std::string cover;  // the file to write a cover to; empty: none is wanted
};

inline constexpr int kImportHoursMax = 12;

/// `shelcaster import`: makes a ready file of any audio file, in a process that gave up everything
/// else (enter_sandbox). Lines on progress_fd, in this order:
///   {"type":"started","durationMs"?,"fileName"?,"title","artist","album","cover"?}, where cover is
///   "jpg" or "png" if one was written
///   {"type":"progress","fraction"?,"writtenMs","loudnessLufs"?,"truePeakDb"?} first after 200 ms
///   of sound, then each 5 s; with the loudness so far whenever a quarter more is known
///   {"type":"done","durationMs","loudnessLufs"|null,"truePeakDb","title","artist","album",
///   "contentHash"}
///   or {"type":"failed","error"}
/// Returns the exit status: 0 done, 1 failed. A ready file of a failed import is closed with what
/// could be decoded, so that a deck playing it meanwhile comes to an end; the caller deletes it. A
/// process that a limit kills (CPU time) leaves neither line.
int run_import(const ImportOptions& options);

}  // namespace shelcaster::app
