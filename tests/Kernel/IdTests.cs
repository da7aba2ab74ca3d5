using System.Text.Json;
using System.Text.Json.Serialization;

namespace Monolith.Kernel.Tests;

public sealed class IdTests
{
    private readonly FakeClock _clock = new();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2_748, 174_763)]
    [InlineData(4_095, 262_143)]
    public void Carries_its_place_in_a_uuid_of_version_7(int bucket, int kin)
    {
        var place = new Bucket(bucket, kin);
        var ids = Enumerable.Range(0, 100).Select(_ => Id.New(_clock, place)).ToList();

        Assert.All(ids, id =>
        {
            var text = id.ToString();
            Assert.Equal($"7{bucket:x3}", text[14..18]);
            Assert.Equal((2 << 18) | kin, Convert.ToInt32(text[19..23] + text[24], 16));
            Assert.Equal(place, Bucket.Of(id));
            Assert.Equal(7, id.Version);
        });
        Assert.Distinct(ids);
    }

    [Fact]
    public void Carries_zeros_for_what_belongs_to_the_shard_itself() => Assert.Equal(0, Bucket.Of(Id.New(_clock, Bucket.Here)).Code);

    [Fact]
    public void Carries_the_millisecond_of_its_making_so_that_later_ids_sort_later()
    {
        var earlier = Id.New(_clock, new Bucket(4_095));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var later = Id.New(_clock, new Bucket(0));

        Assert.True(string.CompareOrdinal(earlier.ToString(), later.ToString()) < 0);
        Assert.Equal(
            _clock.GetUtcNow().ToUnixTimeMilliseconds(),
            Convert.ToInt64(later.ToString().Replace("-", "", StringComparison.Ordinal)[..12], 16));
    }

    [Fact]
    public void Is_never_given_twice()
    {
        var ids = Enumerable.Range(0, 10_000).Select(_ => Id.New(_clock, new Bucket(7)));

        Assert.Distinct(ids);
    }

    [Fact]
    public void Takes_the_place_of_its_owner()
    {
        var owner = Id.New<ThingId>(_clock, new Bucket(99, 77));

        Assert.Equal(new Bucket(99, 77), Id.NewFor<ThingId, ThingId>(_clock, owner).Bucket());
    }

    [Fact]
    public void Is_derived_the_same_again_and_otherwise_for_another_purpose_or_source()
    {
        var source = Id.New(_clock, new Bucket(1_234));

        var derived = Id.Derive(source, "thumb");

        Assert.Equal(derived, Id.Derive(source, "thumb"));
        Assert.Distinct([source, derived, Id.Derive(source, "web"), Id.Derive(Id.New(_clock, new Bucket(1_234)), "thumb")]);
    }

    [Fact]
    public void Is_one_for_each_bucket_and_purpose_wherever_it_is_made()
    {
        var id = Id.Of(new Bucket(1_234), "jobs.deployment");

        Assert.Equal("00000000-0000-74d2-8000-0731f2c6d5e5", id.ToString()); // Such ids are stored: they never change.
        Assert.Equal(1_234, Bucket.Of(id).Number);
        IReadOnlyList<Bucket> others = [new(1_235), new(1_234, 1)];
        Assert.Distinct([id, .. others.Select(other => Id.Of(other, "jobs.deployment")), Id.Of(new Bucket(1_234), "other")]);
    }

    [Fact]
    public void Keeps_time_place_version_and_variant_when_derived()
    {
        var source = Id.New(_clock, new Bucket(1_234, 56_789));

        var derived = Id.Derive(source, "thumb");

        Assert.Equal(source.ToString()[..18], derived.ToString()[..18]);
        Assert.Equal(Bucket.Of(source), Bucket.Of(derived));
        Assert.Contains(derived.ToString()[19], "89ab");
    }

    [Fact]
    public void Is_derived_as_it_was_in_every_release_before() => Assert.Equal(
        Guid.Parse("019ac0de-0000-7123-8000-0204f05edf8c"), Id.Derive(Guid.Parse("019ac0de-0000-7123-8000-000000000001"), "thumb"));

    [Theory]
    [InlineData("019ac0de00007123800000000000000a")]
    [InlineData("{019ac0de-0000-7123-8000-00000000000a}")]
    [InlineData("019ac0de-0000-7123-8000-00000000000")]
    [InlineData(" 019ac0de-0000-7123-8000-00000000000a")]
    [InlineData("019ac0de-0000-7123-8000-00000000000a ")]
    [InlineData(" 19ac0de-0000-7123-8000-00000000000a")]
    [InlineData("0x9ac0de-0000-7123-8000-00000000000a")]
    [InlineData("+19ac0de-0000-7123-8000-00000000000a")]
    [InlineData("")]
    [InlineData(null)]
    public void Is_read_in_its_one_spelling_only(string? text) => Assert.False(Id.TryParse<ThingId>(text, out _));

    [Fact]
    public void Is_a_string_in_json_and_nothing_else()
    {
        var id = Id.New<ThingId>(_clock, new Bucket(5));

        Assert.Equal($"\"{id.Value}\"", JsonSerializer.Serialize(id));
        Assert.Equal(id, JsonSerializer.Deserialize<ThingId>($"\"{id.Value}\""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ThingId>("\"me\""));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4_096)]
    public void There_is_no_bucket_outside_of_the_4096(int number) => Assert.Throws<ArgumentOutOfRangeException>(() => new Bucket(number));

    [Theory]
    [InlineData(-1)]
    [InlineData(262_144)]
    public void There_is_no_person_outside_of_the_18_bits(int kin) => Assert.Throws<ArgumentOutOfRangeException>(() => new Bucket(1, kin));

    [Theory]
    [InlineData(-1, -1, 0, "here")]
    [InlineData(0, 0, 0, "0")]
    [InlineData(262_143, 0, 262_143, "0.262143")]
    [InlineData(262_144, 1, 0, "1")]
    [InlineData((1 << 30) - 1, 4_095, 262_143, "4095.262143")]
    public void A_place_is_stored_as_one_number(int code, int number, int kin, string text)
    {
        var place = Bucket.FromCode(code);

        Assert.Equal((code, number, kin, text), (place.Code, place.Number, place.Kin, place.ToString()));
        Assert.Equal(code == -1 ? default : new Bucket(number, kin), place);
        Assert.Equal(code == -1, place.IsHere);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(1 << 30)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void No_other_number_is_a_place(int code)
    {
        Assert.False(Bucket.TryFromCode(code, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bucket.FromCode(code));
    }

    [Fact]
    public void A_place_that_was_forgotten_is_the_shard_itself() => Assert.Equal(Bucket.Here, default);

    [Fact]
    public void A_hash_falls_into_the_bucket_of_its_first_12_bits() => Assert.Equal(0xABC, Bucket.Of([0xAB, 0xCD, 0xEF]).Number);

    [Fact]
    public void A_stream_is_named_by_category_and_key_and_lies_in_the_bucket_of_its_id()
    {
        var id = Id.New<ThingId>(_clock, new Bucket(42));

        var stream = StreamId.Of("thing", id);

        Assert.Equal($"thing-{id.Value}", stream.Name);
        Assert.Equal(("thing", id.Value.ToString(), 42), (stream.Category.ToString(), stream.Key, stream.Bucket.Number));
        Assert.Equal(stream, StreamId.Parse(new Bucket(42), stream.Name));
    }

    [Fact]
    public void A_stream_is_the_same_by_its_name_alone()
    {
        var (here, there) = (new StreamId(new Bucket(1), "thing", "a"), new StreamId(new Bucket(2, 3), "thing", "a"));

        Assert.Equal(here, there);
        Assert.Equal(here.GetHashCode(), there.GetHashCode());
        Assert.NotEqual(here, new StreamId(new Bucket(1), "thing", "b"));
        Assert.NotEqual(here, default);
    }

    [JsonConverter(typeof(IdJsonConverter<ThingId>))]
    private readonly record struct ThingId(Guid Value) : IId<ThingId>
    {
        public static ThingId From(Guid value) => new(value);
    }
}
