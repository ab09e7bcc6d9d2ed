#include "launch/program.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "launch/process.hpp"

namespace shelcaster::launch {
namespace {

namespace fs = std::filesystem;

/// A program beside this test.
class SiblingTest : public testing::Test {
 protected:
  SiblingTest() { replace_by("/bin/true"); }
  ~SiblingTest() override { fs::remove(path_); }

  void replace_by(const fs::path& program) {
    const fs::path fresh = path_.string() + ".new";
    fs::copy_file(program, fresh, fs::copy_options::overwrite_existing);
    fs::rename(fresh, path_);
  }

  static int run(const fs::path& program) {
    SpawnOptions options;
    options.program = program;
    options.name = "sibling";
    auto child = spawn(options);
    if (!child) ADD_FAILURE() << child.error().message;
    const auto exit = child->wait_for_ms(10'000);
    return exit ? exit->code : -1;
  }

  const std::string name_ = "launch-sibling-" + std::to_string(::getpid());
  const fs::path path_ = fs::read_symlink(own_executable()).parent_path() / name_;
};

TEST_F(SiblingTest, StaysTheBuildThatItWasWhenItsFileIsReplaced) {
  const Sibling before = Sibling::open(name_).value();
  EXPECT_EQ(run(before.path()), 0);
  replace_by("/bin/false");
  EXPECT_EQ(run(before.path()), 0);
  EXPECT_EQ(run(Sibling::open(name_)->path()), 1);
}

TEST(Sibling, SaysWhereOneIsMissing) {
  const auto missing = Sibling::open("no-such-program");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("/no-such-program: No such file"), std::string::npos);
}

}  // namespace
}  // namespace shelcaster::launch
