#include "tape/packet_journal.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "tape/checkpoint.hpp"

namespace shelcaster::tape {
namespace {

base::Bytes payload_of(std::uint64_t n) {
  return base::Bytes(n * 37 % (PacketJournal::kPayloadBytesMax + 1), static_cast<std::byte>(n));
}

void note(PacketJournal journal, std::uint64_t n) {
  const base::Bytes payload = payload_of(n);
  journal.note({.line = static_cast<std::uint32_t>(n % 256),
                .ssrc = static_cast<std::uint32_t>(n * 7),
                .timestamp = static_cast<std::uint32_t>(n * 960),
                .sequence = static_cast<std::uint16_t>(n),
                .payload = payload});
}

void expect_is(const JournalPacket& packet, std::uint64_t n) {
  EXPECT_EQ(packet.line, n % 256);
  EXPECT_EQ(packet.ssrc, static_cast<std::uint32_t>(n * 7));
  EXPECT_EQ(packet.timestamp, static_cast<std::uint32_t>(n * 960));
  EXPECT_EQ(packet.sequence, static_cast<std::uint16_t>(n));
  EXPECT_EQ(base::Bytes(packet.payload.begin(), packet.payload.end()), payload_of(n));
}

TEST(PacketJournal, GivesBackTheLastPacketsInTheirOrderHoweverOftenItWentRound) {
  const Checkpoint checkpoint = Checkpoint::create().value();
  EXPECT_TRUE(checkpoint.journal().packets().empty());
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    note(checkpoint.journal(), n);
    if (n % 997 != 0) continue;
    const auto packets = checkpoint.journal().packets();
    ASSERT_FALSE(packets.empty());
    // Of packets of this length at least so many fit.
    ASSERT_GE(packets.size(), std::min<std::uint64_t>(n + 1, 600));
    for (std::size_t i = 0; i < packets.size(); ++i) {
      expect_is(packets[i], n + 1 - packets.size() + i);
    }
  }
}

TEST(PacketJournal, LeavesOutWhatIsTooLongForAPacket) {
  const Checkpoint checkpoint = Checkpoint::create().value();
  const base::Bytes payload(PacketJournal::kPayloadBytesMax + 1);
  checkpoint.journal().note({.payload = payload});
  EXPECT_TRUE(checkpoint.journal().packets().empty());
}

TEST(PacketJournal, IsReadWithoutHarmWhereItsMemoryIsDamaged) {
  const Checkpoint checkpoint = Checkpoint::create().value();
  base::SeededRandom random(5);
  auto memory = detail::SharedMemory::attach(checkpoint.fd(), 1, SIZE_MAX / 2).value();
  const std::span<detail::Word> words = memory.words().last(PacketJournal::kWords);
  for (int round = 0; round < 2000; ++round) {
    for (std::uint64_t n = 0; n < 20; ++n) note(checkpoint.journal(), n);
    words[random.below(200)] = random.below(3) == 0 ? random.u64() : random.below(2000);
    std::size_t bytes = 0;
    for (const JournalPacket& packet : checkpoint.journal().packets()) {
      for (const std::byte byte : packet.payload) bytes += std::to_integer<std::size_t>(byte);
    }
    EXPECT_LT(bytes, 255 * PacketJournal::kBytes);
  }
}

}  // namespace
}  // namespace shelcaster::tape
