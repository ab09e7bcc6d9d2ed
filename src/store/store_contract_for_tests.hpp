#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

// What every Store must do, as tests over a factory of stores. The test program of a store includes
// this and says INSTANTIATE_TEST_SUITE_P(…, StoreContract, testing::Values(its factories),
// name_of_factory); what is true of that store alone stands in its own tests.
namespace shelcaster::store {

/// A store that begins empty, and all that it stands on.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  /// As a new process finds it; false: nothing of it outlives a process.
  virtual bool reopen() { return false; }
};

struct StoreFactory {
  std::string name;  // of the store, for the tests' names
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};
inline std::string name_of_factory(const testing::TestParamInfo<StoreFactory>& of) {
  return of.param.name;
}
inline void PrintTo(const StoreFactory& factory, std::ostream* out) { *out << factory.name; }

class StoreContract : public testing::TestWithParam<StoreFactory> {
 protected:
  Store& store() { return made_->store(); }
  bool reopen() { return made_->reopen(); }

  static Key show_key(const std::string& id) { return {Collection::kShows, "", id}; }
  static Event event_of(const std::string& show, const std::string& kind) {
    return {show, 0, base::WallTime::from_unix_ms(5), kind, "admin", {{"n", 1}}};
  }
  static Write write_of(std::vector<Put> puts) {
    Write write;
    write.puts = std::move(puts);
    return write;
  }
  /// In as many writes as that takes.
  void tell(const std::vector<Event>& events) {
    constexpr std::size_t kAtOnce = 50;
    for (std::size_t from = 0; from < events.size(); from += kAtOnce) {
      Write write;
      const auto begin = events.begin() + static_cast<std::ptrdiff_t>(from);
      const std::size_t count = std::min(kAtOnce, events.size() - from);
      write.events.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
      ASSERT_TRUE(store().commit(write));
    }
  }
  std::int64_t version_of(const Key& key) {
    const auto found = store().get(key);
    return found && *found ? (*found)->version : 0;
  }
  void expect_conflict(const Write& write) {
    const auto done = store().commit(write);
    ASSERT_FALSE(done.has_value());
    EXPECT_TRUE(is_conflict(done.error())) << done.error().message;
  }
  void expect_refused(const Write& write) {
    const auto done = store().commit(write);
    ASSERT_FALSE(done.has_value());
    EXPECT_FALSE(is_conflict(done.error())) << "to try again would not help";
    EXPECT_FALSE(done.error().message.empty());
  }
  /// As often as there is more to do; more would be a loop without end.
  void tidy_all(const Retention& retention) {
    int steps = 0;
    while (store().tidy(retention).value() && ++steps < 1000) {
    }
    EXPECT_LT(steps, 1000);
  }

 private:
  std::unique_ptr<StoreUnderTest> made_ = GetParam().make();
};

TEST_P(StoreContract, GivesBackDocumentsWithVersionsInOrderOfId) {
  EXPECT_FALSE(store().get(show_key("a"))->has_value());
  ASSERT_TRUE(
      store().commit(write_of({{show_key("b"), {{"x", 1}}, {}}, {show_key("a"), {{"x", 2}}, {}}})));
  ASSERT_TRUE(store().commit(write_of({{show_key("a"), {{"x", 3}}, {}}})));
  const auto a = *store().get(show_key("a"));
  EXPECT_EQ(a->version, 2);
  EXPECT_EQ(a->body.at("x"), 3);
  EXPECT_TRUE(a->problem.empty());
  const auto all = *store().list(Collection::kShows, "");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].key, show_key("a"));
  EXPECT_EQ(all[1].version, 1);
  EXPECT_TRUE(store().list(Collection::kShows, "other")->empty());
  EXPECT_TRUE(store().list(Collection::kParticipants, "")->empty());
}

TEST_P(StoreContract, FindsAtOnceWhatIsAskedForAtOnceInTheOrderOfAsking) {
  ASSERT_TRUE(store().commit(write_of({{show_key("b"), {{"x", 1}}, {}},
                                       {show_key("a"), {}, {}},
                                       {{Collection::kOutputs, "a", "rtmp"}, {}, {}}})));
  const auto found = store().read(
      {{show_key("b"), show_key("none"), show_key("a")},
       {{Collection::kOutputs, "a"}, {Collection::kOutputs, "b"}, {Collection::kShows, ""}}});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->documents.size(), 3U);
  EXPECT_EQ(found->documents[0]->body.at("x"), 1);
  EXPECT_FALSE(found->documents[1]);
  EXPECT_EQ(found->documents[2]->key, show_key("a"));
  ASSERT_EQ(found->lists.size(), 3U);
  EXPECT_EQ(found->lists[0].size(), 1U);
  EXPECT_TRUE(found->lists[1].empty());
  EXPECT_EQ(found->lists[2].front().key, show_key("a"));
}

TEST_P(StoreContract, CountsAScopeAndGivesItInPages) {
  for (const int number : {3, 1, 4, 0, 2}) {
    ASSERT_TRUE(store().commit(
        write_of({{{Collection::kOutputs, "show", fmt::format("o{}", number)}, {}, {}},
                  {{Collection::kOutputs, "another", fmt::format("o{}", number)}, {}, {}}})));
  }
  EXPECT_EQ(*store().count(Collection::kOutputs, "show"), 5U);
  EXPECT_EQ(*store().count(Collection::kOutputs, "none"), 0U);
  std::vector<std::string> ids;
  for (std::string after;;) {
    const auto page = *store().page(Collection::kOutputs, "show", after, 2);
    EXPECT_LE(page.size(), 2U);
    if (page.empty()) break;
    for (const Document& document : page) ids.push_back(document.key.id);
    after = ids.back();
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"o0", "o1", "o2", "o3", "o4"}));
}

TEST_P(StoreContract, KeepsTextAsItIs) {
  const std::string text = "Fr\u00fch \"caf\u00e9\" \\ \U0001F399 \n \x01";
  const Key key{Collection::kTracks, "", "a/b 'c' \u00e4"};
  ASSERT_TRUE(
      store().commit(write_of({{key, {{"title", text}, {"list", {1, nullptr, 2.5}}}, {}}})));
  const auto found = *store().get(key);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->body.at("title"), boost::json::value(text));
  EXPECT_EQ(found->body.at("list"), (boost::json::value{1, nullptr, 2.5}));
}

TEST_P(StoreContract, WritesNothingWhenOnePartOfAWriteIsRefused) {
  ASSERT_TRUE(store().commit(write_of({{show_key("a"), {{"x", 1}}, 0}})));
  ASSERT_TRUE(store().commit(write_of({{show_key("gone"), {}, 0}})));
  Write write = write_of({{show_key("b"), {}, {}}, {show_key("a"), {{"x", 9}}, 7}});
  write.removes = {show_key("gone")};
  write.events = {event_of("show", "changed")};
  write.answer = Answer{"key", "digest", 200, "", base::WallTime()};
  write.ended_shows = {"show"};
  expect_conflict(write);
  EXPECT_FALSE(store().get(show_key("b"))->has_value());
  EXPECT_TRUE(store().get(show_key("gone"))->has_value());
  EXPECT_EQ((*store().get(show_key("a")))->body.at("x"), 1);
  EXPECT_EQ(store().event_range("show")->last, 0U);
  EXPECT_FALSE(store().answer("key")->has_value());
}

TEST_P(StoreContract, WritesOverTheVersionThatWasReadAndOverNoOther) {
  const Key key = show_key("a");
  ASSERT_TRUE(store().commit(write_of({{key, {{"x", 1}}, 0}})));
  expect_conflict(write_of({{key, {{"x", 2}}, 0}}));
  ASSERT_TRUE(store().commit(write_of({{key, {{"x", 2}}, 1}})));
  expect_conflict(write_of({{key, {{"x", 3}}, 1}}));
  expect_conflict(write_of({{show_key("never"), {}, 1}}));
  ASSERT_TRUE(store().commit(write_of({{key, {{"x", 4}}, {}}}))) << "whatever is there";
  EXPECT_EQ(version_of(key), 3);
  EXPECT_EQ((*store().get(key))->body.at("x"), 4);
}

TEST_P(StoreContract, RemovesTheVersionThatWasReadAndNoOther) {
  const Key key = show_key("a");
  ASSERT_TRUE(store().commit(write_of({{key, {}, 0}})));
  ASSERT_TRUE(store().commit(write_of({{key, {}, 1}})));
  Write write;
  write.removes = {{key, 1}};
  expect_conflict(write);
  EXPECT_EQ(version_of(key), 2);
  write.removes = {{key, 2}};
  ASSERT_TRUE(store().commit(write));
  EXPECT_EQ(version_of(key), 0);
  expect_conflict(write);
  write.removes = {key};
  EXPECT_TRUE(store().commit(write)) << "what isn't there is as it should be";
  write.removes = {{key, 0}};
  EXPECT_TRUE(store().commit(write));
  ASSERT_TRUE(store().commit(write_of({{key, {}, 0}}))) << "it is new again";
  EXPECT_EQ(version_of(key), 1);
}

TEST_P(StoreContract, TakesAsManyActionsAsATransactionHasAndNoMore) {
  const auto made_of = [](std::size_t count) {
    std::vector<Put> made;
    for (std::size_t i = 0; i < count; ++i) {
      made.push_back({show_key(fmt::format("{:03}", i)), {}, {}});
    }
    return made;
  };
  Write write = write_of(made_of(kWriteActionsMax + 1));
  expect_refused(write);
  EXPECT_EQ(*store().count(Collection::kShows, ""), 0U);
  // Each of them, and what counts the log of each show.
  write = write_of(made_of(kWriteActionsMax - 7));
  write.removes = {show_key("x")};
  write.events = {event_of("a", "one"), event_of("a", "two"), event_of("b", "one")};
  write.ended_shows = {"b"};
  write.answer = Answer{"key", "digest", 200, "", base::WallTime()};
  EXPECT_EQ(actions_of(write), kWriteActionsMax);
  Write one_more = write;
  one_more.ended_shows.emplace_back("c");
  expect_refused(one_more);
  ASSERT_TRUE(store().commit(write));
  EXPECT_EQ(*store().count(Collection::kShows, ""), kWriteActionsMax - 7);
}

TEST_P(StoreContract, RefusesAWriteThatNamesADocumentTwice) {
  expect_refused(write_of({{show_key("a"), {}, {}}, {show_key("a"), {}, {}}}));
  Write write = write_of({{show_key("a"), {}, {}}});
  write.removes = {show_key("a")};
  expect_refused(write);
  EXPECT_EQ(version_of(show_key("a")), 0);
}

TEST_P(StoreContract, KeepsEverythingWhereItOutlivesAProcess) {
  Write write = write_of({{show_key("a"), {{"title", "T"}}, 0}, {show_key("b"), {}, 0}});
  write.events = {event_of("a", "made"), event_of("b", "made")};
  write.answer = Answer{"key", "digest", 201, "{}", base::WallTime::from_unix_ms(7), "a"};
  ASSERT_TRUE(store().commit(write));
  ASSERT_TRUE(store().commit(write_of({{show_key("a"), {{"title", "U"}}, 1}})));
  Write end;
  end.removes = {show_key("b")};
  end.ended_shows = {"b"};
  ASSERT_TRUE(store().commit(end));
  if (!reopen()) return;  // a store in memory: what is said here isn't said of it
  EXPECT_EQ(version_of(show_key("a")), 2);
  EXPECT_EQ((*store().get(show_key("a")))->body.at("title"), "U");
  EXPECT_EQ(version_of(show_key("b")), 0);
  EXPECT_EQ(store().event_range("a")->last, 1U);
  EXPECT_EQ((*store().answer("key"))->status, 201);
  EXPECT_EQ((*store().answer("key"))->at.unix_ms(), 7);
  tidy_all({.events_before = base::WallTime(),
            .event_bytes_max = INT64_MAX,
            .answers_before = base::WallTime()});
  EXPECT_TRUE(store().events({.show_id = "b"})->events.empty()) << "its end is known still";
  EXPECT_EQ(store().events({.show_id = "a"})->events.size(), 1U);
}

TEST_P(StoreContract, GivesTheVersionsOfAScopeInOrder) {
  const auto track = [](const std::string& id) { return Key{Collection::kTracks, "", id}; };
  ASSERT_TRUE(store().commit({{{track("b"), {{"x", 1}}, {}}, {track("a"), {}, {}}}, {}, {}, {}}));
  ASSERT_TRUE(store().commit({{{track("b"), {{"x", 2}}, {}}, {track("c"), {}, {}}}, {}, {}, {}}));
  ASSERT_TRUE(store().commit({{{show_key("s"), {}, {}}}, {{track("c")}}, {}, {}}));
  const auto versions = *store().versions(Collection::kTracks, "");
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[0].id, "a");
  EXPECT_EQ(versions[0].version, 1);
  EXPECT_EQ(versions[1].id, "b");
  EXPECT_EQ(versions[1].version, 2);
  EXPECT_TRUE(store().versions(Collection::kTracks, "elsewhere")->empty());
}

TEST_P(StoreContract, NumbersEventsPerShowWithoutGaps) {
  for (int i = 0; i < 3; ++i) {
    Write write;
    write.events = {event_of("a", "one"), event_of("b", "two"), event_of("a", "three")};
    const auto numbered = store().commit(write);
    ASSERT_TRUE(numbered.has_value());
    EXPECT_EQ((*numbered)[2].number, static_cast<std::uint64_t>(2 * i + 2));
  }
  const auto tail = *store().events({.show_id = "a", .after = 4});
  ASSERT_EQ(tail.events.size(), 2U);
  EXPECT_EQ(tail.events[0].number, 5U);
  EXPECT_EQ(tail.events[1].kind, "three");
  EXPECT_TRUE(tail.is_last);
  EXPECT_EQ(store().event_range("b")->last, 3U);
  EXPECT_EQ(store().event_range("b")->oldest, 1U);
  const auto page = *store().events({.show_id = "a", .limit = 2});
  EXPECT_EQ(page.events.size(), 2U);
  EXPECT_EQ(page.next, 2U);
  EXPECT_FALSE(page.is_last);
  EXPECT_TRUE(store().events({.show_id = "a", .after = UINT64_MAX, .limit = 2})->events.empty());
}

TEST_P(StoreContract, GivesAPersonTheirOwnEventsAndEverybodysInPages) {
  Write write;
  for (int i = 0; i < 30; ++i) {
    write.events.push_back(event_of("a", "routing_updated"));
    write.events.push_back(event_of("a", "participant_updated"));
    write.events.back().data["participantId"] = i % 3 == 0 ? "ada" : "bob";
    if (i % 10 == 0) write.events.push_back(event_of("a", "show_updated"));
  }
  ASSERT_TRUE(store().commit(write));
  EventQuery query{.show_id = "a", .limit = 4, .seen_by = "ada"};
  std::vector<std::uint64_t> numbers;
  for (bool is_last = false; !is_last;) {
    const auto page = *store().events(query);
    EXPECT_LE(page.events.size(), 4U);
    for (const Event& event : page.events) {
      EXPECT_NE(audience_of(event), "bob");
      EXPECT_NE(event.kind, "routing_updated");
      numbers.push_back(event.number);
    }
    query.after = page.next;
    is_last = page.is_last || page.events.empty();
  }
  EXPECT_EQ(numbers.size(), 13U) << "ten of hers and three of the show";
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  const auto nobody =
      *store().events({.show_id = "a", .seen_by = "eve", .kinds = {"show_updated"}});
  EXPECT_EQ(nobody.events.size(), 3U);
}

TEST_P(StoreContract, FindsSomeKindsAndBoundsAPageByItsBytes) {
  std::vector<Event> told;
  for (int i = 0; i < 100; ++i) {
    told.push_back(event_of("a", i % 50 == 49 ? "rare" : "usual"));
    told.back().data["text"] = std::string(1000, 'x');
  }
  tell(told);
  std::vector<std::uint64_t> rare;
  EventQuery query{.show_id = "a", .kinds = {"rare", "unknown"}};
  for (bool is_last = false; !is_last;) {
    const auto page = *store().events(query);
    for (const Event& event : page.events) rare.push_back(event.number);
    ASSERT_TRUE(page.is_last || page.next > query.after) << "it goes on";
    query.after = page.next;
    is_last = page.is_last;
  }
  EXPECT_EQ(rare, (std::vector<std::uint64_t>{50, 100}));
  const auto page = *store().events({.show_id = "a", .bytes_max = 10'000});
  EXPECT_GE(page.events.size(), 9U);
  EXPECT_LE(page.events.size(), 10U);
  EXPECT_FALSE(page.is_last);
  EXPECT_EQ(store().events({.show_id = "a", .bytes_max = 10})->events.size(), 1U);
}

TEST_P(StoreContract, KeepsALogByAgeAndSizeAndNeverGivesANumberTwice) {
  std::vector<Event> told;
  for (int i = 0; i < 100; ++i) {
    told.push_back(event_of("a", "told"));
    told.back().at = base::WallTime::from_unix_ms(i);
    told.back().data["text"] = std::string(1000, 'x');
  }
  told.push_back(event_of("b", "told"));
  told.back().at = base::WallTime::from_unix_ms(1000);
  tell(told);
  Retention retention{.events_before = base::WallTime::from_unix_ms(20),
                      .event_bytes_max = 1'000'000,
                      .answers_before = base::WallTime(),
                      .rows_max = 7};
  tidy_all(retention);
  EXPECT_EQ(store().event_range("a")->oldest, 21U);
  EXPECT_EQ(store().events({.show_id = "a"})->events.size(), 80U);
  retention.event_bytes_max = 20'000;
  tidy_all(retention);
  const std::uint64_t oldest = store().event_range("a")->oldest;
  EXPECT_GE(oldest, 82U) << "the newest 20 kB are kept at most";
  EXPECT_LE(oldest, 90U) << "of which an eighth and what rows take besides their text is less";
  EXPECT_EQ(store().event_range("a")->last, 100U);
  retention.events_before = base::WallTime::from_unix_ms(500);
  tidy_all(retention);
  EXPECT_EQ(store().event_range("a")->oldest, 101U) << "none is kept";
  EXPECT_EQ(store().event_range("b")->oldest, 1U);
  Write more;
  more.events = {event_of("a", "told")};
  EXPECT_EQ((*store().commit(more))[0].number, 101U);
}

TEST_P(StoreContract, ForgetsTheLogAndTheAnswersOfAnEndedShowInSteps) {
  Write write;
  for (int i = 0; i < 20; ++i) write.events.push_back(event_of("a", "told"));
  write.events.push_back(event_of("b", "told"));
  write.answer = Answer{"key-a", "digest", 201, "{}", base::WallTime::from_unix_ms(1000), "a"};
  ASSERT_TRUE(store().commit(write));
  Write other;
  other.answer = Answer{"key-b", "digest", 201, "{}", base::WallTime::from_unix_ms(1000), "b"};
  ASSERT_TRUE(store().commit(other));
  Write end;
  end.events = {event_of("a", "show_deleted")};
  end.ended_shows = {"a"};
  EXPECT_EQ((*store().commit(end))[0].number, 21U);
  tidy_all({.events_before = base::WallTime(),
            .event_bytes_max = INT64_MAX,
            .answers_before = base::WallTime(),
            .rows_max = 6});
  EXPECT_TRUE(store().events({.show_id = "a"})->events.empty());
  EXPECT_FALSE(store().answer("key-a")->has_value());
  EXPECT_EQ(store().events({.show_id = "b"})->events.size(), 1U);
  EXPECT_TRUE(store().answer("key-b")->has_value());
}

TEST_P(StoreContract, RemembersSoManyOfTheNewestAnswersOfEachHolder) {
  const auto answer = [&](const std::string& holder, int number, std::size_t max) {
    Write write;
    write.answer = Answer{holder + std::to_string(number), "digest", 201, "{}",
                          base::WallTime::from_unix_ms(1000 + number)};
    write.answer->holder = holder;
    write.answer->of_holder_max = max;
    ASSERT_TRUE(store().commit(write));
  };
  answer("ada", 1, 3);
  for (int i = 1; i <= 20; ++i) answer("eve", i, 3);
  for (int i = 1; i <= 20; ++i) answer("desk", i, 0);
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(store().answer("eve" + std::to_string(i))->has_value(), i > 17) << i;
    EXPECT_TRUE(store().answer("desk" + std::to_string(i))->has_value()) << i;
  }
  EXPECT_TRUE(store().answer("ada1")->has_value()) << "another's";
}

TEST_P(StoreContract, RemembersAnAnswerOnceAndForgetsItByAge) {
  Write write;
  write.answer = Answer{"key", "digest", 201, "{}", base::WallTime::from_unix_ms(1000)};
  ASSERT_TRUE(store().commit(write));
  const auto again = store().commit(write);
  ASSERT_FALSE(again.has_value());
  EXPECT_TRUE(is_conflict(again.error()));
  EXPECT_EQ((*store().answer("key"))->status, 201);
  tidy_all({.events_before = base::WallTime(),
            .event_bytes_max = INT64_MAX,
            .answers_before = base::WallTime::from_unix_ms(1001)});
  EXPECT_FALSE(store().answer("key")->has_value());
}

}  // namespace shelcaster::store
