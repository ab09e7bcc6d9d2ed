#include "app/config/environment.hpp"

#include <gmock/gmock.h>

#include <array>
#include <string>

namespace shelcaster::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Environment, ThatIsNotOursOrIsReadIsNotSpokenOf) {
  const std::array variables{"PATH=/bin",
                             "SHELCASTER=1",
                             "SHELCASTER_LISTEN=127.0.0.1:1",
                             "SHELCASTER_RECORDING=",
                             "SHELCASTER_ADMIN_TOKEN=secret",
                             "SHELCASTER_CONFIG=x.toml",
                             "SHELCASTER_WEBHOOK_SECRET=secret"};
  EXPECT_THAT(unknown_variables(variables), IsEmpty());
}

TEST(Environment, ThatIsMisspeltIsToldWithTheNearestNameAndWithoutItsValue) {
  const std::array variables{"SHELCASTER_ADMIN_TOKN=secret", "SHELCASTER_LISTENS=x"};
  const auto told = unknown_variables(variables);
  EXPECT_THAT(told, ElementsAre(HasSubstr("SHELCASTER_ADMIN_TOKN: there is no such setting"),
                                HasSubstr("the nearest is SHELCASTER_LISTEN")));
  EXPECT_THAT(told[0], HasSubstr("the nearest is SHELCASTER_ADMIN_TOKEN"));
  EXPECT_THAT(told[0], Not(HasSubstr("secret")));
}

TEST(Environment, ThatHasANameOfAnyLengthIsToldInALine) {
  const std::string endless = "SHELCASTER_" + std::string(100'000, 'A');
  const std::array variables{endless.c_str()};
  const auto told = unknown_variables(variables);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_LT(told[0].size(), 250U);
}

}  // namespace
}  // namespace shelcaster::app
