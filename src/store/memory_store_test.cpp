#include "store/memory_store.hpp"

#include <gtest/gtest.h>

#include "store/patient_store.hpp"
#include "store/store_contract_for_tests.hpp"

namespace shelcaster::store {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  Store& store() override { return store_; }

 private:
  MemoryStore store_;
};

class PatientMemoryUnderTest final : public StoreUnderTest {
 public:
  Store& store() override { return store_; }

 private:
  MemoryStore behind_;
  PatientStore store_{behind_};
};

INSTANTIATE_TEST_SUITE_P(
    Memory, StoreContract,
    testing::Values(StoreFactory{"Memory", [] { return std::make_unique<MemoryUnderTest>(); }},
                    StoreFactory{"PatientMemory",
                                 [] { return std::make_unique<PatientMemoryUnderTest>(); }}),
    name_of_factory);

TEST(MemoryStore, FailsEveryCommitWhileItIsToldTo) {
  MemoryStore store;
  Write write;
  write.puts = {{{Collection::kShows, "", "a"}, {}, {}}};
  store.commit_error = "disk full";
  const auto failed = store.commit(write);
  ASSERT_FALSE(failed.has_value());
  EXPECT_FALSE(is_conflict(failed.error()));
  store.commit_error.clear();
  EXPECT_TRUE(store.commit(write).has_value());
}

}  // namespace
}  // namespace shelcaster::store
