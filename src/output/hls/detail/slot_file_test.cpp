#include "output/hls/detail/slot_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::output::detail {
namespace {

constexpr std::size_t kSlotBytes = 1 << 15;

class SlotFileTest : public testing::Test {
 protected:
  /// What a process finds that starts now.
  [[nodiscard]] std::optional<std::string> found() const { return SlotFile(path_).read(); }

  void write(std::string_view record) const {
    SlotFile file(path_);
    file.read();
    ASSERT_TRUE(file.write(record));
  }

  /// As if a writer had come so far only.
  void damage(std::size_t at, std::string_view bytes) const {
    std::string all = media::read_file(path_);
    all.replace(at, bytes.size(), bytes);
    media::write_file(path_, all);
  }

  media::TestFolder folder_;
  std::string path_ = folder_ / "state";
};

TEST_F(SlotFileTest, HasNothingBeforeTheFirstRecord) {
  EXPECT_FALSE(found());
  media::write_file(path_, "");
  EXPECT_FALSE(found());
}

TEST_F(SlotFileTest, HasTheNewestRecordWhoeverWroteIt) {
  for (const std::string record : {"first", "a second that is longer", "3", "", "fifth"}) {
    write(record);
    EXPECT_EQ(found(), record);
  }
  SlotFile file(path_);
  file.read();
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(file.write("again " + std::to_string(n)));
  EXPECT_EQ(found(), "again 4");
}

TEST_F(SlotFileTest, HasTheRecordBeforeOneThatIsNotWhole) {
  write("first");   // at kSlotBytes
  write("second");  // at 0
  damage(5, "?");
  EXPECT_EQ(found(), "first");
  write("another second");
  EXPECT_EQ(found(), "another second");
  write("third");
  damage(kSlotBytes, "9 99999 0");
  EXPECT_EQ(found(), "another second");
  damage(0, std::string(12, '\0'));
  EXPECT_FALSE(found());
}

TEST_F(SlotFileTest, SaysWhatItCantWrite) {
  SlotFile file(path_);
  EXPECT_TRUE(file.write(std::string(kSlotRecordBytesMax, 'x')));
  const auto too_long = file.write(std::string(kSlotRecordBytesMax + 1, 'x'));
  ASSERT_FALSE(too_long);
  EXPECT_NE(too_long.error().message.find("32001 bytes"), std::string::npos);
  EXPECT_EQ(found(), std::string(kSlotRecordBytesMax, 'x'));
  EXPECT_FALSE(SlotFile("/proc/none/state").write("x"));
}

}  // namespace
}  // namespace shelcaster::output::detail
