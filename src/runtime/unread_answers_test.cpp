#include <gtest/gtest.h>

#include <memory>

#include "runtime/detail/unread_answers.hpp"

namespace shelcaster::runtime::detail {
namespace {

constexpr std::size_t kKib = 1024;

TEST(UnreadAnswers, HoldsSoMuchInAllAndForEachNetwork) {
  UnreadAnswers answers(100 * kKib, 40 * kKib);
  auto one = std::make_unique<UnreadAnswer>(answers, "192.0.2.1", 30 * kKib);
  EXPECT_TRUE(one->is_in());
  EXPECT_FALSE(UnreadAnswer(answers, "192.0.2.1", 20 * kKib).is_in());
  EXPECT_TRUE(UnreadAnswer(answers, "192.0.2.1", 4 * kKib).is_in()) << "what is small";
  const UnreadAnswer two(answers, "2001:db8::1", 40 * kKib);
  EXPECT_FALSE(UnreadAnswer(answers, "2001:db8::2", 5 * kKib).is_in()) << "the same /64";
  const UnreadAnswer three(answers, "192.0.2.2", 30 * kKib);
  EXPECT_TRUE(three.is_in());
  EXPECT_FALSE(UnreadAnswer(answers, "192.0.2.3", 5 * kKib).is_in()) << "all together";
  EXPECT_EQ(answers.bytes(), 100 * kKib) << "who was refused holds nothing";
  one.reset();
  EXPECT_TRUE(UnreadAnswer(answers, "192.0.2.1", 20 * kKib).is_in());
  EXPECT_EQ(answers.bytes(), 70 * kKib);
}

TEST(UnreadAnswers, KeepsAQuarterForNetworksThatHoldNothing) {
  UnreadAnswers answers(100 * kKib, 50 * kKib);
  const UnreadAnswer one(answers, "192.0.2.1", 40 * kKib);
  const UnreadAnswer two(answers, "192.0.2.2", 30 * kKib);
  EXPECT_FALSE(UnreadAnswer(answers, "192.0.2.1", 6 * kKib).is_in());
  EXPECT_TRUE(UnreadAnswer(answers, "192.0.2.1", 5 * kKib).is_in());
  EXPECT_TRUE(UnreadAnswer(answers, "192.0.2.3", 30 * kKib).is_in());
}

}  // namespace
}  // namespace shelcaster::runtime::detail
