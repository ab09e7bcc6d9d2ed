#include <gtest/gtest.h>

#include <string>

#include "control/detail/answers.hpp"
#include "control/problem.hpp"
#include "control/test_world.hpp"

// Answers that are remembered for who asks again.
namespace shelcaster::control {
namespace {

class AnswersTest : public testing::Test, public TestWorld {
 protected:
  static Request keyed(Request request, const std::string& key) {
    request.headers.emplace_back("Idempotency-Key", key);
    return request;
  }
  std::string invitation(const std::string& show) {
    return text(json(call("GET", "/shows/" + show + "/links")), "callerToken");
  }
  static constexpr const char* kLongKey = "0123456789abcdefghijkl";
};

TEST_F(AnswersTest, CoverAnUploadsBytesAndItsQuery) {
  Request upload = keyed(request("POST", "/tracks?title=One"), "up");
  upload.headers.emplace_back("Content-Type", "audio/wav");
  upload.body_file = "/spool/1";
  upload.body_file_sha256 = "aa";
  const Response first = send(upload);
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(send(upload).body, first.body);
  Request other = upload;
  other.body_file_sha256 = "bb";
  EXPECT_EQ(send(other).status, 422) << "another file";
  other = upload;
  other.query = "title=Two";
  EXPECT_EQ(send(other).status, 422) << "another title";
  EXPECT_EQ(media.jobs.size(), 1U);
}

TEST_F(AnswersTest, OfAnInvitationWantAKeyThatNobodyElseHas) {
  const std::string id = make_show();
  const Request join =
      request("POST", "/shows/" + id + "/join", R"({"username":"Sam"})", invitation(id));
  EXPECT_EQ(send(keyed(join, "1")).status, 422);
  EXPECT_EQ(send(keyed(join, std::string(kLongKey).substr(1))).status, 422);
  const Response first = send(keyed(join, kLongKey));
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(text(json(send(keyed(join, kLongKey))), "participantId"),
            text(json(first), "participantId"));
}

TEST_F(AnswersTest, BelongToWhoAsked) {
  const std::string id = make_show();
  const std::string host = text(json(call("GET", "/shows/" + id + "/links")), "hostToken");
  const std::string path = "/shows/" + id + "/caller-tokens";
  const Response one = send(keyed(request("POST", path, R"({"username":"A"})", host), "k"));
  const Response two = send(keyed(request("POST", path, R"({"username":"A"})"), "k"));
  EXPECT_NE(text(json(one), "participantId"), text(json(two), "participantId"));
}

TEST_F(AnswersTest, AreStoredWithoutTokensAndGivenAgainWithThem) {
  const std::string id = make_show();
  const std::vector<Request> requests = {
      keyed(request("POST", "/shows/" + id + "/host-tokens", R"({"username":"H"})"), "h"),
      keyed(request("POST", "/shows/" + id + "/caller-tokens", R"({"username":"C"})"), "c"),
      keyed(request("POST", "/shows/" + id + "/join", R"({"username":"J"})", invitation(id)),
            kLongKey),
      keyed(request("POST", "/shows/" + id + "/start"), "s"),
      keyed(request("POST", "/sessions", R"({"title":"New"})"), "n")};
  for (const Request& one : requests) {
    const Response first = send(one);
    ASSERT_LT(first.status, 300) << one.target_path << first.body;
    const Response again = send(one);
    EXPECT_EQ(again.body, first.body) << "the same tokens, in the same second";
    EXPECT_EQ(header_of(again.headers, "Idempotent-Replayed"), "true");
  }
  ASSERT_GE(store.answers().size(), requests.size());
  for (const auto& [key, answer] : store.answers()) {
    EXPECT_EQ(answer.body.find("eyJ"), std::string::npos) << answer.body;
  }
}

TEST_F(AnswersTest, OfSomebodyWhoWasRemovedGiveNoTokenAgain) {
  const std::string id = make_show();
  const Request join = keyed(
      request("POST", "/shows/" + id + "/join", R"({"username":"Sam"})", invitation(id)), kLongKey);
  const std::string sam = text(json(send(join)), "participantId");
  call("POST", "/shows/" + id + "/participants/" + sam + "/kick");
  EXPECT_EQ(send(join).status, 403);
}

TEST_F(AnswersTest, TakeNoPlaceHolderFromATitle) {
  const std::string title = R"(\u0001host show-1 part-1\u0001)";
  auto made = keyed(request("POST", "/tracklists", R"({"title":"x host show-1 part-1"})"), "t");
  const Response first = send(made);
  EXPECT_EQ(send(made).body, first.body);
  const detail::Sign sign = [](Scope, const studio::ShowId&, const studio::ParticipantId&) {
    return std::string("SECRET");
  };
  const std::string body = "{\"title\":\"" + title + "\"}";
  EXPECT_EQ(detail::opened(detail::sealed(body, {}), sign, {}), body);
}

TEST_F(AnswersTest, ThatPictureAQueueAreMadeAnew) {
  const std::string id = make_show();
  const std::string track =
      text(json(call("POST", "/tracks", R"({"url":"http://radio.test/a.mp3"})")), "trackId");
  const Request add =
      keyed(request("POST", "/shows/" + id + "/queue", R"({"trackId":")" + track + "\"}"), "q");
  const Response first = send(add);
  EXPECT_EQ(send(add).body, first.body);
  for (const auto& [key, answer] : store.answers()) EXPECT_LT(answer.body.size(), 100U);
}

}  // namespace
}  // namespace shelcaster::control
