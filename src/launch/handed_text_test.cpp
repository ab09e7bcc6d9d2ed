#include "launch/handed_text.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/unique_fd.hpp"

namespace shelcaster::launch {
namespace {

TEST(HandedText, IsReadWholeByEachWhoAsks) {
  const std::string text(5'000, 'x');
  const auto fd = make_handed_text("text", text);
  ASSERT_TRUE(fd) << fd.error().message;
  EXPECT_EQ(read_handed_text(fd->get()), text);
  EXPECT_EQ(read_handed_text(fd->get()), text);
  EXPECT_EQ(read_handed_text(make_handed_text("text", "")->get()), "");
}

TEST(HandedText, IsChangedByNobody) {
  const auto fd = make_handed_text("text", "as it was");
  EXPECT_LT(::pwrite(fd->get(), "x", 1, 0), 0);
  EXPECT_LT(::pwrite(fd->get(), "x", 1, 9), 0);
  EXPECT_NE(::ftruncate(fd->get(), 0), 0);
  EXPECT_EQ(read_handed_text(fd->get()), "as it was");
}

TEST(HandedText, RefusesWhatIsTooLongOrNoFile) {
  EXPECT_FALSE(make_handed_text("text", std::string(kHandedTextBytesMax + 1, 'x')));
  EXPECT_FALSE(read_handed_text(-1));
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const base::UniqueFd out(ends[0]);
  const base::UniqueFd in(ends[1]);
  const auto text = read_handed_text(out.get());
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().message.find("is no file"), std::string::npos);
}

}  // namespace
}  // namespace shelcaster::launch
