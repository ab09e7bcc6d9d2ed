#include "rtc/jitter/packet_queue.hpp"

#include <algorithm>
#include <numeric>

namespace shelcaster::rtc {

PacketQueue::PacketQueue() : slots_(kPacketsMax) {
  std::iota(order_.begin(), order_.end(), std::uint8_t{0});
}

PacketQueue::Inserted PacketQueue::insert(const Packet& packet) noexcept {
  if (packet.payload.size() > kPayloadBytesMax) return Inserted::kTooLong;
  // Nearly every packet is the newest: look from the end.
  std::size_t at = count_;
  while (at > 0 && slots_[order_[at - 1]].packet.time > packet.time) --at;
  if (at > 0 && slots_[order_[at - 1]].packet.time == packet.time) return Inserted::kDuplicate;
  if (count_ == kPacketsMax) {
    pop();
    if (at > 0) --at;
  }

  const std::uint8_t free_slot = order_[count_];
  Slot& slot = slots_[free_slot];
  std::copy(packet.payload.begin(), packet.payload.end(), slot.bytes.begin());
  slot.packet = packet;
  slot.packet.payload = base::ByteSpan(slot.bytes).first(packet.payload.size());

  const auto begin = order_.begin();
  std::copy_backward(begin + static_cast<std::ptrdiff_t>(at),
                     begin + static_cast<std::ptrdiff_t>(count_),
                     begin + static_cast<std::ptrdiff_t>(count_ + 1));
  order_[at] = free_slot;
  ++count_;
  return Inserted::kYes;
}

void PacketQueue::pop() noexcept {
  if (count_ == 0) return;
  const auto end = order_.begin() + static_cast<std::ptrdiff_t>(count_);
  std::rotate(order_.begin(), order_.begin() + 1, end);
  --count_;
}

void PacketQueue::clear() noexcept { count_ = 0; }

}  // namespace shelcaster::rtc
