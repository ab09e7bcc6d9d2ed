#pragma once

// Private to media/*.cpp: nothing of libav is seen outside this module.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

namespace shelcaster::media::detail {

template <auto kFree>
struct AvDelete {
  template <typename T>
  void operator()(T* object) const {
    kFree(&object);
  }
};
using AvPacketPtr = std::unique_ptr<AVPacket, AvDelete<av_packet_free>>;
using AvFramePtr = std::unique_ptr<AVFrame, AvDelete<av_frame_free>>;
using AvCodecContextPtr = std::unique_ptr<AVCodecContext, AvDelete<avcodec_free_context>>;
using SwrContextPtr = std::unique_ptr<SwrContext, AvDelete<swr_free>>;

/// libav's words for one of its error numbers.
inline std::string av_error(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

/// For what fails only when memory has run out.
template <typename T>
T* must(T* allocated) {
  if (allocated == nullptr) throw std::bad_alloc();
  return allocated;
}

/// For calls that can fail by a bug of ours alone.
inline void must_succeed(int code) {
  if (code < 0) std::abort();
}

/// libav prints to stderr by default, file contents included: our own messages say what failed.
inline void silence_log() { av_log_set_level(AV_LOG_QUIET); }

}  // namespace shelcaster::media::detail
