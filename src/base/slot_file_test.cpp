#include "base/slot_file.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace shelcaster::base {
namespace {

constexpr std::size_t kSlotBytes = 1 << 15;
constexpr SlotFileOptions kOptions{.slot_bytes = kSlotBytes};

class SlotFileTest : public testing::Test {
 protected:
  ~SlotFileTest() override { std::filesystem::remove(path_); }

  /// What a process finds that starts now.
  [[nodiscard]] std::optional<std::string> found() const {
    return SlotFile(path_, kOptions).read();
  }

  void write(std::string_view record) const {
    ASSERT_TRUE(SlotFile(path_, kOptions).write(record));
  }

  /// As if a writer had come so far only.
  void damage(std::size_t at, std::string_view bytes) const {
    std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary)
            .seekp(static_cast<std::streamoff>(at))
        << bytes;
  }

  const std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("slot-file-" + std::to_string(::getpid()));
};

TEST_F(SlotFileTest, HasNothingBeforeTheFirstRecord) {
  EXPECT_FALSE(found());
  std::ofstream(path_).flush();
  EXPECT_FALSE(found());
}

TEST_F(SlotFileTest, HasTheNewestRecordWhoeverWroteIt) {
  for (const std::string record : {"first", "a second that is longer", "3", "", "fifth"}) {
    write(record);
    EXPECT_EQ(found(), record);
  }
  SlotFile file(path_, kOptions);
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

TEST_F(SlotFileTest, IsForItsOwnerUnlessTheOptionsSayMore) {
  write("first");
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path_).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(SlotFileTest, SaysWhatItCantWrite) {
  SlotFile file(path_, kOptions);
  const std::string longest(file.record_bytes_max(), 'x');
  EXPECT_TRUE(file.write(longest));
  const auto too_long = file.write(longest + "x");
  ASSERT_FALSE(too_long);
  EXPECT_NE(too_long.error().message.find(std::to_string(longest.size() + 1) + " bytes"),
            std::string::npos);
  EXPECT_EQ(found(), longest);
  EXPECT_FALSE(SlotFile("/proc/none/state", kOptions).write("x"));
}

}  // namespace
}  // namespace shelcaster::base
