using Monolith.Media;
using Monolith.Media.Contracts;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Media;

[Trait("host", "none")]
public sealed class PhotoTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly UserId Owner = Id.New<UserId>(TimeProvider.System, new Bucket(7));

    private static readonly PhotoId PhotoId = Id.NewFor<PhotoId, UserId>(TimeProvider.System, Owner);

    private static readonly StoredImage Image = new("ab12", "image/jpeg", 400, 300, 1234);

    private static readonly Photo.Uploaded Uploaded = Photo.Upload(PhotoId, Owner, Image, ["thumb", "web"], Now);

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
        var made = Given().RecordVariant("thumb", Image, Now);

        Assert.Equal(new Photo.VariantMade("thumb", "ab12", "image/jpeg", 400, 300, 1234, Now), made);
        Assert.Null(Given(made!).RecordVariant("thumb", Image, Now));
        Assert.NotNull(Given(made!).RecordVariant("web", Image, Now));
    }

    [Fact]
    public void Records_a_failure_once_and_never_of_a_variant_that_is_ready()
    {
        var failed = Given().FailVariant("thumb", "broken", Now);

        Assert.Equal(new Photo.VariantFailed("thumb", "broken", Now), failed);
        Assert.Null(Given(failed!).FailVariant("thumb", "broken", Now));
        Assert.Null(Given(Made("thumb")).FailVariant("thumb", "broken", Now));
    }

    [Fact]
    public void Takes_a_variant_that_failed_before()
    {
        var photo = Given(new Photo.VariantFailed("thumb", "broken", Now));

        Assert.NotNull(photo.RecordVariant("thumb", Image, Now));
    }

    [Fact]
    public void Is_deleted_once_and_takes_nothing_more()
    {
        var deleted = Given().Delete(Now);

        Assert.Equal(new Photo.Deleted(PhotoId, Owner, Now), deleted);
        var photo = Given(deleted!);
        Assert.Null(photo.Delete(Now));
        Assert.Null(photo.RecordVariant("thumb", Image, Now));
        Assert.Null(photo.FailVariant("thumb", "broken", Now));
    }

    [Fact]
    public void Refuses_an_event_that_is_not_its_own() => Assert.Throws<UnknownEventException>(() => Given("something else"));

    [Fact]
    public void Shows_what_is_ready_and_what_failed()
    {
        var view = Show(Uploaded, Made("thumb"), new Photo.VariantFailed("web", "broken", Now));

        Assert.Equal(new GalleryVariant("thumb", Image, null), view!.Variants[0]);
        Assert.Equal(new GalleryVariant("web", null, "broken"), view.Variants[1]);
        Assert.Equal([new IndexEntry("owner", Owner.ToString())], new GalleryPhotoProjection().Entries(view));
    }

    [Fact]
    public void Shows_nothing_of_a_deleted_photo() => Assert.Null(Show(Uploaded, new Photo.Deleted(PhotoId, Owner, Now)));

    private static Photo.VariantMade Made(string preset) => new(preset, "ab12", "image/jpeg", 400, 300, 1234, Now);

    private static Photo Given(params object[] events) => events.Prepend(Uploaded).Aggregate(Photo.Initial, (photo, e) => photo.Apply(e));

    private static GalleryPhoto? Show(params object[] events) => events.Aggregate((GalleryPhoto?)null, new GalleryPhotoProjection().Apply);
}
