#include "app/keeper/show_log.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>

namespace shelcaster::app {
namespace {

namespace fs = std::filesystem;

class ShowLogTest : public testing::Test {
 protected:
  ShowLogTest() {
    std::string pattern = (fs::temp_directory_path() / "shelcaster-log-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~ShowLogTest() override { fs::remove_all(folder); }

  static std::string content(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static base::Instant at(int seconds) {
    return base::Instant() + std::chrono::hours(1) + std::chrono::seconds(seconds);
  }

  fs::path folder;
};

TEST_F(ShowLogTest, StaysWithinTwiceItsBoundWhileSomebodyAppends) {
  const fs::path path = folder / "show.log";
  std::ofstream out(path, std::ios::app);
  ShowLog log(path, 1'000, [&](const fs::path&, const fs::path& now) {
    out.close();
    out.open(now, std::ios::app);
  });
  for (int i = 0; i < 200; ++i) {
    out << "line " << i << std::string(90, '.') << std::endl;
    log.look(at(i * 10));
    EXPECT_LE(fs::file_size(path), 1'200U);
  }
  EXPECT_LE(fs::file_size(path.string() + ".1"), 1'200U);
  // What was appended last is there, and what came just before it too.
  const std::string all = content(path.string() + ".1") + content(path);
  EXPECT_NE(all.find("line 199"), std::string::npos);
  EXPECT_NE(all.find("line 190"), std::string::npos);
}

TEST_F(ShowLogTest, LosesNoLineOfOneWhoIsToldLater) {
  const fs::path path = folder / "show.log";
  std::ofstream child(path, std::ios::app);
  int turned = 0;
  ShowLog log(path, 1'000, [&](const fs::path&, const fs::path&) { ++turned; });
  for (int i = 0; i < 20; ++i) {
    child << "line " << i << std::string(90, '.') << std::endl;
    log.look(at(i * 10));
  }
  EXPECT_EQ(turned, 1) << "the new one is empty";
  EXPECT_EQ(fs::file_size(path), 0U);
  const std::string all = content(path.string() + ".1");
  for (int i = 0; i < 20; ++i) {
    EXPECT_NE(all.find("line " + std::to_string(i) + "."), std::string::npos) << i;
  }
}

TEST_F(ShowLogTest, KeepsTheOneThatThereIsWhereNoNewOneCanBeMade) {
  const fs::path path = folder / "show.log";
  std::ofstream(path) << std::string(2'000, '.');
  fs::create_directory(path.string() + ".new");
  bool has_turned = false;
  ShowLog log(path, 1'000, [&](const fs::path&, const fs::path&) { has_turned = true; });
  log.look(at(0));
  EXPECT_FALSE(has_turned);
  EXPECT_EQ(fs::file_size(path), 2'000U);
}

TEST_F(ShowLogTest, LeavesASmallLogAlone) {
  const fs::path path = folder / "show.log";
  std::ofstream(path) << "all is well\n";
  ShowLog log(path, 1'000, [](const fs::path&, const fs::path&) { FAIL(); });
  log.look(at(0));
  EXPECT_EQ(content(path), "all is well\n");
  EXPECT_FALSE(fs::exists(path.string() + ".1"));
}

}  // namespace
}  // namespace shelcaster::app
