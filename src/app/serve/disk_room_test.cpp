#include "app/serve/disk_room.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "app/serve/spool_name.hpp"

namespace shelcaster::app {
namespace {

namespace fs = std::filesystem;

class DiskRoomTest : public testing::Test {
 protected:
  DiskRoomTest() {
    std::string pattern = (fs::temp_directory_path() / "shelcaster-room-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    fs::create_directory(folder / "spool");
    fs::create_directory(folder / "media");
  }
  ~DiskRoomTest() override { fs::remove_all(folder); }

  /// So many bytes have come of it.
  void upload(std::string_view owner, const char* name, std::size_t come, std::size_t length) {
    const fs::path file = folder / "spool" / (upload_prefix(owner) + name);
    std::ofstream(file) << std::string(come, 'x');
    fs::resize_file(file, length);
  }
  static std::string problem(const base::Result<void>& room) {
    return room ? "" : room.error().message;
  }
  static base::Instant at(int seconds) { return base::Instant() + std::chrono::seconds(seconds); }

  fs::path folder;
};

TEST_F(DiskRoomTest, GivesAnOwnerAQuarterOfTheSpoolByTheLengthsThatTheirUploadsWillHave) {
  const DiskRoom room(folder, {.spool_bytes_max = 1'000'000});
  upload("show-1", "a", 13, 150'000);
  EXPECT_TRUE(room.for_upload("show-1", 100'000));
  EXPECT_NE(problem(room.for_upload("show-1", 100'001)).find("tracks.spool_mib_max"),
            std::string::npos);
  EXPECT_TRUE(room.for_upload("show-12", 250'000)) << "another one's, whose name begins so";
  EXPECT_TRUE(room.for_upload("", 250'000)) << "the station's";
  fs::remove_all(folder / "spool");
  EXPECT_TRUE(room.for_upload("show-1", 250'000));
}

TEST_F(DiskRoomTest, HasRoomForOneUploadOfTheLargestSizeWhateverTheQuarterIs) {
  const DiskRoom room(folder, {.spool_bytes_max = 1'000, .upload_bytes_max = 600});
  EXPECT_TRUE(room.for_upload("show-1", 600));
  EXPECT_FALSE(room.for_upload("show-1", 601));
}

TEST_F(DiskRoomTest, HoldsNoRoomOfOthersForWhatHasNotCome) {
  const DiskRoom room(folder, {.spool_bytes_max = 1 << 20});
  for (const char* owner : {"show-1", "show-2", "show-3", "show-4"}) {
    upload(owner, "slow", 9'000, 256 << 10);
  }
  EXPECT_TRUE(room.for_upload("show-5", 256 << 10));
  EXPECT_TRUE(room.for_upload("", 256 << 10));
  EXPECT_TRUE(room.for_more_of("show-1"));
}

TEST_F(DiskRoomTest, EndsWhatGrowsBeyondAnOwnersShareOrTheSpool) {
  const DiskRoom room(folder, {.spool_bytes_max = 1 << 20});
  upload("show-1", "of unknown length", 300 << 10, 300 << 10);
  EXPECT_NE(problem(room.for_more_of("show-1")).find("one show"), std::string::npos);
  EXPECT_TRUE(room.for_more_of("show-2"));
  for (const char* owner : {"show-2", "show-3", "show-4"}) {
    upload(owner, "a", 250 << 10, 250 << 10);
  }
  EXPECT_NE(problem(room.for_more_of("show-2")).find("is all"), std::string::npos);
  EXPECT_FALSE(room.for_upload("show-5", 1'000));
}

TEST_F(DiskRoomTest, CountsDownloadsApartFromUploads) {
  const DiskRoom room(folder, {.spool_bytes_max = 1'000});
  std::ofstream(folder / "spool" / "import-track-1") << std::string(100'000, 'x');
  EXPECT_TRUE(room.for_upload("", 250));
}

TEST_F(DiskRoomTest, BoundsOneReadyFileAndAllOfThem) {
  DiskRoom room(folder, {.library_bytes_max = 100'000, .ready_bytes_max = 50'000});
  EXPECT_TRUE(room.for_ready_file("b.wav", 50'000, at(0)));
  EXPECT_NE(problem(room.for_ready_file("b.wav", 50'001, at(0))).find("tracks.ready_mib_max"),
            std::string::npos);
  std::ofstream(folder / "media" / "a") << std::string(80'000, 'x');
  EXPECT_NE(problem(room.for_ready_file("b.wav", 40'000, at(10))).find("tracks.library_mib_max"),
            std::string::npos);
  EXPECT_TRUE(room.for_ready_file("b.wav", 10'000, at(20)));
}

TEST_F(DiskRoomTest, CountsWhatAnImportHasWrittenOnlyOnce) {
  DiskRoom room(folder, {.library_bytes_max = 150'000});
  std::ofstream(folder / "media" / "b.wav") << std::string(80'000, 'x');
  EXPECT_TRUE(room.for_ready_file("b.wav", 100'000, at(0)));
  EXPECT_FALSE(room.for_ready_file("c.wav", 100'000, at(0)));
}

TEST_F(DiskRoomTest, KeepsAReserveAndLetsWhatPlaysHaveHalfOfIt) {
  const std::uint64_t free = fs::space(folder).available;
  DiskRoom room(folder, {.reserve_bytes = free + free / 2});
  EXPECT_NE(problem(room.for_upload("", 1)).find("data.reserve_mib"), std::string::npos);
  EXPECT_NE(problem(room.for_more_of("")).find("data.reserve_mib"), std::string::npos);
  EXPECT_NE(problem(room.for_ready_file("b.wav", 1, at(0))).find("data.reserve_mib"),
            std::string::npos);
  EXPECT_TRUE(room.for_what_plays());
}

TEST_F(DiskRoomTest, LetsNoRecordingGoForAnUpload) {
  fs::create_directory(folder / "recordings");
  const fs::space_info space = fs::space(folder);
  const std::uint64_t taken = space.available + 1;
  DiskRoom room(folder, {.recordings = {.bytes = 0, .bytes_min = taken}});
  EXPECT_NE(problem(room.for_upload("", 1)).find("recording.reserve_mib"), std::string::npos);
  EXPECT_NE(problem(room.for_more_of("")).find("recording.reserve_mib"), std::string::npos);
  EXPECT_NE(problem(room.for_ready_file("b.wav", 1, at(0))).find("recording.reserve_mib"),
            std::string::npos);
  EXPECT_TRUE(room.for_what_plays()) << "what is on the air comes first";
  // Half of what is free, so that the rest of the disk may change meanwhile.
  const DiskRoom wide(folder, {.recordings = {.bytes = 0, .bytes_min = space.available / 2}});
  EXPECT_TRUE(wide.for_upload("", 1));
  fs::remove_all(folder / "recordings");
  fs::create_directory_symlink("/proc", folder / "recordings");
  EXPECT_TRUE(room.for_upload("", 1)) << "they are on another disk";
}

}  // namespace
}  // namespace shelcaster::app
