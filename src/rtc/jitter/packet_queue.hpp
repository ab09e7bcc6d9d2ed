#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "rtc/rtp/rtp_time.hpp"

namespace shelcaster::rtc {

/// Packets that wait to be decoded, in the order of their media time. Bounded and allocated once.
class PacketQueue {
 public:
  /// 1.28 s of 10 ms packets; the buffer's longest delay is less.
  static constexpr std::size_t kPacketsMax = 128;
  /// No payload is longer in a packet of 1500 bytes.
  static constexpr std::size_t kPayloadBytesMax = 1472;

  struct Packet {
    RtpTime time;
    std::int64_t sequence = 0;
    int frames = 0;
    base::ByteSpan payload;
  };
  enum class Inserted { kYes, kDuplicate, kTooLong };

  PacketQueue();

  /// Copies the payload. When it is full the oldest packet makes room.
  Inserted insert(const Packet& packet) noexcept;
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// The oldest; not to be called when it is empty. Its payload is valid until the next insert.
  [[nodiscard]] const Packet& front() const noexcept { return slots_[order_[0]].packet; }
  void pop() noexcept;
  void clear() noexcept;

 private:
  struct Slot {
    Packet packet;
    std::array<std::byte, kPayloadBytesMax> bytes;
  };
  std::vector<Slot> slots_;
  /// Slot numbers: the first count_ are in use, oldest first, the others are free.
  std::array<std::uint8_t, kPacketsMax> order_{};
  std::size_t count_ = 0;
};

}  // namespace shelcaster::rtc
