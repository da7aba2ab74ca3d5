using Monolith.Media;
using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Media;

[Trait("host", "none")]
public sealed class PhotoTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly UserId _owner = Id.New<UserId>(TimeProvider.System, new Bucket(7));

    private static readonly PhotoId _photoId = Id.NewFor<PhotoId, UserId>(TimeProvider.System, _owner);

    private static readonly StoredImage _image = new("ab12", "image/jpeg", 400, 300, 1234);

    private static readonly Photo.Uploaded _uploaded = Photo.Upload(_photoId, _owner, _image, ["thumb", "web"], _now);

    [Fact]
    public void Lacks_every_variant_that_was_asked_for_and_no_other()
    {
        var photo = Given();

        Assert.True(photo.Lacks("thumb"));
        Assert.True(photo.Lacks("web"));
        Assert.False(photo.Lacks("blur"));
    }

    [Fact]
    public void Records_a_variant_once()
    {
        var made = Given().RecordVariant("thumb", _image, _now);

        Assert.Equal(new Photo.VariantMade("thumb", "ab12", "image/jpeg", 400, 300, 1234, _now), made);
        Assert.Null(Given(made!).RecordVariant("thumb", _image, _now));
        Assert.NotNull(Given(made!).RecordVariant("web", _image, _now));
    }

    [Fact]
    public void Records_a_failure_once_and_never_of_a_variant_that_is_ready()
    {
        var failed = Given().FailVariant("thumb", "broken", _now);

        Assert.Equal(new Photo.VariantFailed("thumb", "broken", _now), failed);
        Assert.Null(Given(failed!).FailVariant("thumb", "broken", _now));
        Assert.Null(Given(Made("thumb")).FailVariant("thumb", "broken", _now));
    }

    [Fact]
    public void Takes_a_variant_that_failed_before()
    {
        var photo = Given(new Photo.VariantFailed("thumb", "broken", _now));

        Assert.NotNull(photo.RecordVariant("thumb", _image, _now));
    }

    [Fact]
    public void Is_deleted_once_and_takes_nothing_more()
    {
        var deleted = Given().Delete(_now);

        Assert.Equal(new Photo.Deleted(_photoId, _owner, _now), deleted);
        var photo = Given(deleted!);
        Assert.Null(photo.Delete(_now));
        Assert.Null(photo.RecordVariant("thumb", _image, _now));
        Assert.Null(photo.FailVariant("thumb", "broken", _now));
    }

    [Fact]
    public void Refuses_an_event_that_is_not_its_own() => Assert.Throws<UnknownEventException>(() => Given("something else"));

    [Fact]
    public void Shows_what_is_ready_and_what_failed()
    {
        var view = Show(_uploaded, Made("thumb"), new Photo.VariantFailed("web", "broken", _now));

        Assert.Equal(new GalleryVariant("thumb", _image, null), view!.Variants[0]);
        Assert.Equal(new GalleryVariant("web", null, "broken"), view.Variants[1]);
        Assert.Equal([new IndexEntry("owner", _owner.ToString())], new GalleryPhotoProjection().Entries(view));
    }

    [Fact]
    public void Shows_nothing_of_a_deleted_photo() => Assert.Null(Show(_uploaded, new Photo.Deleted(_photoId, _owner, _now)));

    private static Photo.VariantMade Made(string preset) => new(preset, "ab12", "image/jpeg", 400, 300, 1234, _now);

    private static Photo Given(params object[] events) => events.Prepend(_uploaded).Aggregate(Photo.Initial, (photo, e) => photo.Apply(e));

    private static GalleryPhoto? Show(params object[] events) => events.Aggregate((GalleryPhoto?)null, new GalleryPhotoProjection().Apply);
}
