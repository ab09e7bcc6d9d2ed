#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "media/audio_file_reader.hpp"
#include "media/detail/av.hpp"

namespace shelcaster::media::detail {

/// libav's reading of a file that may still grow: a read at the end waits, a seek never does.
class FileIo {
 public:
  FileIo(int fd, WaitForMore wait_for_more);
  FileIo(const FileIo&) = delete;
  FileIo& operator=(const FileIo&) = delete;
  ~FileIo();

  [[nodiscard]] AVIOContext* context() const { return context_; }
  [[nodiscard]] bool is_whole() const { return is_whole_; }
  /// Tells libav not to look for anything behind what it reads: on a file that grows it would wait
  /// for the end of it before the first sample.
  void read_forward_only() { context_->seekable = 0; }
  /// Reads a whole span at an offset, waiting for it to be there; false at the end of the file.
  bool read_at(std::int64_t offset, std::span<std::uint8_t> out);

 private:
  static int read_packet(void* self, std::uint8_t* out, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  int do_read(std::uint8_t* out, int size);
  std::int64_t do_seek(std::int64_t offset, int whence);
  [[nodiscard]] std::int64_t size() const;

  const int fd_;
  WaitForMore wait_for_more_;
  bool is_whole_;
  std::int64_t position_ = 0;
  AVIOContext* context_;
};

}  // namespace shelcaster::media::detail
