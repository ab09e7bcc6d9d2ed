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
  FileIo(int fd, WaitForMore wait_for_more, FileWindow window);
  FileIo(const FileIo&) = delete;
  FileIo& operator=(const FileIo&) = delete;
  ~FileIo();

  [[nodiscard]] AVIOContext* context() const { return context_; }
  [[nodiscard]] bool is_whole() const { return is_whole_; }
  /// Of what there is now.
  [[nodiscard]] std::int64_t size() const;
  /// Tells libav not to look for anything behind what it reads: on a file that grows it would wait
  /// for the end of it before the first sample.
  void read_forward_only() { context_->seekable = 0; }
  /// From now on, what stands at `offset` is the beginning.
  void begin_at(std::int64_t offset);
  /// Waits until `offset` bytes are there, or all that will come.
  void wait_for_bytes(std::int64_t offset);
  /// Reads at an offset, waiting for all of the span to be there: less at the end of the file.
  std::size_t read_some(std::int64_t offset, std::span<std::uint8_t> out);
  /// False if the span isn't there to the full.
  bool read_at(std::int64_t offset, std::span<std::uint8_t> out);

 private:
  static int read_packet(void* self, std::uint8_t* out, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);
  int do_read(std::uint8_t* out, int size);
  std::int64_t do_seek(std::int64_t offset, int whence);

  const int fd_;
  FileWindow window_;
  WaitForMore wait_for_more_;
  bool is_whole_;
  std::int64_t position_ = 0;  // from the window's beginning
  AVIOContext* context_;
};

}  // namespace shelcaster::media::detail
