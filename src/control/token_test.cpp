#include "control/token.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shelcaster::control {
namespace {

const std::string kKey(32, 'k');
const auto kNow = base::WallTime::from_unix_ms(1'700'000'000'000);
const Identity kCaller{Scope::kCaller, studio::ShowId("show-1"), studio::ParticipantId("part-1")};

TEST(TokenSigner, GivesBackWhoItWasSignedFor) {
  const TokenSigner signer(kKey);
  const auto who = signer.verify(signer.sign(kCaller, kNow, 60), kNow);
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ(who->scope, Scope::kCaller);
  EXPECT_EQ(who->show_id.str(), "show-1");
  EXPECT_EQ(who->participant_id.str(), "part-1");
}

TEST(TokenSigner, RefusesAtTheSecondOfExpiry) {
  const TokenSigner signer(kKey);
  const std::string token = signer.sign(kCaller, kNow, 60);
  EXPECT_TRUE(signer.verify(token, base::WallTime::from_unix_ms(kNow.unix_ms() + 59'999)));
  EXPECT_FALSE(signer.verify(token, base::WallTime::from_unix_ms(kNow.unix_ms() + 60'000)));
}

TEST(TokenSigner, RefusesEveryTokenThatDiffersInOneCharacter) {
  const TokenSigner signer(kKey);
  const std::string token = signer.sign(kCaller, kNow, 60);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(signer.verify(changed, kNow)) << "changed at " << i;
  }
  EXPECT_FALSE(signer.verify(token + "A", kNow));
  EXPECT_FALSE(signer.verify(token.substr(0, token.size() - 1), kNow));
}

TEST(TokenSigner, RefusesAForeignKeyAndOtherAlgorithms) {
  const TokenSigner signer(kKey);
  EXPECT_FALSE(TokenSigner(std::string(32, 'x')).verify(signer.sign(kCaller, kNow, 60), kNow));
  const std::string claims = base64url(R"({"scope":"admin","iat":0,"exp":99999999999})");
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"HS512"})", R"({"alg":1})", "{}"}) {
    EXPECT_FALSE(signer.verify(base64url(header) + "." + claims + ".", kNow));
    EXPECT_FALSE(signer.verify(base64url(header) + "." + claims + "." + claims, kNow));
  }
}

TEST(TokenSigner, RefusesAScopeWithoutItsSeatOrShow) {
  const TokenSigner signer(kKey);
  const studio::ShowId show("show-1");
  const studio::ParticipantId seat("part-1");
  EXPECT_TRUE(signer.verify(signer.sign({Scope::kAdmin, {}, {}}, kNow, 60), kNow));
  EXPECT_TRUE(signer.verify(signer.sign({Scope::kInvitation, show, {}}, kNow, 60), kNow));
  EXPECT_FALSE(signer.verify(signer.sign({Scope::kHost, show, {}}, kNow, 60), kNow));
  EXPECT_FALSE(signer.verify(signer.sign({Scope::kCaller, {}, seat}, kNow, 60), kNow));
  EXPECT_FALSE(signer.verify(signer.sign({Scope::kAdmin, show, {}}, kNow, 60), kNow));
  EXPECT_FALSE(signer.verify(signer.sign({Scope::kNone, show, seat}, kNow, 60), kNow));
}

TEST(Base64url, HasOneTextPerValue) {
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(from_base64url("Zm8"), "fo");
  EXPECT_EQ(from_base64url("Zm9"), std::nullopt) << "bits left over";
  EXPECT_EQ(from_base64url("Zm8="), std::nullopt);
  EXPECT_EQ(from_base64url("Z"), std::nullopt);
}

}  // namespace
}  // namespace shelcaster::control
