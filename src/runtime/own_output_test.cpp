#include "runtime/own_output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace shelcaster::runtime {
namespace {

namespace fs = std::filesystem;

class OwnOutputTest : public testing::Test {
 protected:
  OwnOutputTest() {
    std::string pattern = (fs::temp_directory_path() / "shelcaster-output-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    log = folder / "show.log";
    older = folder / "show.log.1";
  }
  ~OwnOutputTest() override { fs::remove_all(folder); }

  static base::UniqueFd append_to(const fs::path& path) {
    return base::UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  }
  static void say(const base::UniqueFd& fd, std::string_view line) {
    ASSERT_EQ(::write(fd.get(), line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  static std::string content(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void turn() {
    fs::rename(log, older);
    (void)append_to(log);
  }

  fs::path folder, log, older;
};

TEST_F(OwnOutputTest, FollowsALogThatWasRenamedAndAppendsToIt) {
  const base::UniqueFd fd = append_to(log);
  say(fd, "one\n");
  turn();
  say(fd, "two\n");
  follow_log(fd.get(), older, log);
  const base::UniqueFd other = append_to(log);
  say(other, "three\n");
  say(fd, "four\n");
  EXPECT_EQ(content(older), "one\ntwo\n");
  EXPECT_EQ(content(log), "three\nfour\n");
}

TEST_F(OwnOutputTest, FollowsALogWhoseNameIsGone) {
  const base::UniqueFd fd = append_to(log);
  turn();
  turn();
  follow_log(fd.get(), older, log);
  say(fd, "here\n");
  EXPECT_EQ(content(log), "here\n");
}

TEST_F(OwnOutputTest, LeavesAloneWhatIsNoLog) {
  const base::UniqueFd fd = append_to(folder / "elsewhere");
  (void)append_to(log);
  turn();
  follow_log(fd.get(), older, log);
  say(fd, "here\n");
  EXPECT_EQ(content(folder / "elsewhere"), "here\n");
  EXPECT_EQ(content(log), "");
}

}  // namespace
}  // namespace shelcaster::runtime
