#include "media/detail/file_io.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace shelcaster::media::detail {
namespace {

// One read of 4 KiB is 0.1 s of a 320 kbit/s file: small, so that decoding a file that grows starts
// with little.
constexpr int kBufferBytes = 4096;

}  // namespace

FileIo::FileIo(int fd, WaitForMore wait_for_more, FileWindow window)
    : fd_(fd),
      window_(window),
      wait_for_more_(std::move(wait_for_more)),
      is_whole_(!wait_for_more_) {
  auto* buffer = static_cast<unsigned char*>(must(av_malloc(kBufferBytes)));
  context_ = must(avio_alloc_context(buffer, kBufferBytes, 0, this, read_packet, nullptr, seek));
}

FileIo::~FileIo() {
  av_freep(&context_->buffer);
  avio_context_free(&context_);
}

int FileIo::read_packet(void* self, std::uint8_t* out, int size) {
  return static_cast<FileIo*>(self)->do_read(out, size);
}

std::int64_t FileIo::seek(void* self, std::int64_t offset, int whence) {
  return static_cast<FileIo*>(self)->do_seek(offset, whence);
}

void FileIo::begin_at(std::int64_t offset) {
  window_.begin += offset;
  if (window_.size) *window_.size -= offset;
  position_ = 0;
}

void FileIo::wait_for_bytes(std::int64_t offset) {
  while (!is_whole_ && size() < offset) {
    if (wait_for_more_() == More::kFileWhole) is_whole_ = true;
  }
}

int FileIo::do_read(std::uint8_t* out, int size) {
  if (window_.size) {
    const std::int64_t left = *window_.size - position_;
    if (left <= 0) return AVERROR_EOF;
    size = static_cast<int>(std::min<std::int64_t>(size, left));
  }
  for (;;) {
    // Asked before the read: what was written before the file became whole is seen by that read.
    const bool was_whole = is_whole_;
    const ssize_t got = pread(fd_, out, static_cast<std::size_t>(size),
                              static_cast<off_t>(window_.begin + position_));
    if (got > 0) {
      position_ += got;
      return static_cast<int>(got);
    }
    if (got < 0 && errno != EINTR) return AVERROR(errno);
    if (got == 0 && was_whole) return AVERROR_EOF;
    if (got == 0 && wait_for_more_() == More::kFileWhole) is_whole_ = true;
  }
}

std::int64_t FileIo::do_seek(std::int64_t offset, int whence) {
  std::int64_t target = offset;
  switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
      return is_whole_ ? size() : AVERROR(ENOSYS);
    case SEEK_SET:
      break;
    case SEEK_CUR:
      target += position_;
      break;
    case SEEK_END:
      if (!is_whole_) return AVERROR(ENOSYS);
      target += size();
      break;
    default:
      return AVERROR(EINVAL);
  }
  if (target < 0) return AVERROR(EINVAL);
  position_ = target;
  return target;
}

std::size_t FileIo::read_some(std::int64_t offset, std::span<std::uint8_t> out) {
  const std::int64_t before = std::exchange(position_, offset);
  std::size_t done = 0;
  int got = 1;
  while (done < out.size() && got > 0) {
    got = do_read(out.data() + done, static_cast<int>(out.size() - done));
    if (got > 0) done += static_cast<std::size_t>(got);
  }
  position_ = before;
  return done;
}

bool FileIo::read_at(std::int64_t offset, std::span<std::uint8_t> out) {
  return read_some(offset, out) == out.size();
}

std::int64_t FileIo::size() const {
  if (window_.size) return *window_.size;
  struct stat status {};
  if (fstat(fd_, &status) != 0) return AVERROR(errno);
  return std::max<std::int64_t>(0, status.st_size - window_.begin);
}

}  // namespace shelcaster::media::detail
