using System.Runtime.InteropServices;

namespace Monolith.Media.Imaging;

/// <summary>The functions of libvips and GLib that we call, under their own names. None takes C varargs, which .NET cannot pass.</summary>
internal static partial class VipsNative
{
    public const string Vips = "vips";
    public const string GObject = "gobject";
    public const string GLib = "glib";

    /// <summary><c>VIPS_INTERPRETATION_CMYK</c> in image.h.</summary>
    public const int InterpretationCmyk = 15;

    /// <summary><c>VIPS_FORMAT_UCHAR</c> in image.h.</summary>
    public const int FormatUchar = 0;

    [LibraryImport(GLib, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int g_setenv(string variable, string value, int overwrite);

    [LibraryImport(GLib)]
    public static partial void g_free(nint memory);

    [LibraryImport(GObject)]
    public static partial nint g_object_ref(nint instance);

    [LibraryImport(GObject)]
    public static partial void g_object_unref(nint instance);

    [LibraryImport(GObject, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void g_object_set_property(VipsOperation instance, string name, in GValue value);

    [LibraryImport(GObject, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void g_object_get_property(VipsOperation instance, string name, ref GValue value);

    [LibraryImport(GObject)]
    public static partial nint g_value_init(ref GValue value, nuint type);

    [LibraryImport(GObject)]
    public static partial void g_value_unset(ref GValue value);

    [LibraryImport(GObject)]
    public static partial void g_value_set_object(ref GValue value, VipsImage instance);

    [LibraryImport(GObject)]
    public static partial nint g_value_get_object(in GValue value);

    [LibraryImport(GObject)]
    public static partial void g_value_set_boxed(ref GValue value, nint boxed);

    [LibraryImport(GObject)]
    public static partial nint g_value_get_boxed(in GValue value);

    [LibraryImport(Vips, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int vips_init(string name);

    [LibraryImport(Vips)]
    public static partial void vips_cache_set_max(int operations);

    [LibraryImport(Vips)]
    public static partial void vips_concurrency_set(int threads);

    [LibraryImport(Vips)]
    public static partial void vips_block_untrusted_set(int block);

    [LibraryImport(Vips, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void vips_operation_block_set(string className, int block);

    [LibraryImport(Vips)]
    public static partial nint vips_error_buffer_copy();

    [LibraryImport(Vips)]
    public static partial void vips_error_clear();

    [LibraryImport(Vips)]
    public static partial nuint vips_tracked_get_mem();

    [LibraryImport(Vips, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint vips_operation_new(string name);

    [LibraryImport(Vips, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int vips_object_set_from_string(VipsOperation operation, string options);

    [LibraryImport(Vips)]
    public static partial nint vips_cache_operation_build(VipsOperation operation);

    [LibraryImport(Vips)]
    public static partial void vips_object_unref_outputs(nint operation);

    [LibraryImport(Vips)]
    public static partial nuint vips_image_get_type();

    [LibraryImport(Vips)]
    public static partial int vips_image_get_width(VipsImage image);

    [LibraryImport(Vips)]
    public static partial int vips_image_get_height(VipsImage image);

    [LibraryImport(Vips)]
    public static partial int vips_image_get_bands(VipsImage image);

    [LibraryImport(Vips)]
    public static partial int vips_image_get_format(VipsImage image);

    [LibraryImport(Vips)]
    public static partial int vips_image_get_n_pages(VipsImage image);

    [LibraryImport(Vips)]
    public static partial int vips_image_get_orientation_swap(VipsImage image);

    [LibraryImport(Vips)]
    public static partial int vips_image_get_interpretation(VipsImage image);

    [LibraryImport(Vips)]
    public static partial int vips_image_hasalpha(VipsImage image);

    [LibraryImport(Vips, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nuint vips_image_get_typeof(VipsImage image, string field);

    [LibraryImport(Vips)]
    public static partial nint vips_image_copy_memory(VipsImage image);

    [LibraryImport(Vips)]
    public static partial void vips_image_set_kill(VipsImage image, int kill);

    [LibraryImport(Vips)]
    public static partial nuint vips_blob_get_type();

    [LibraryImport(Vips)]
    public static partial nint vips_blob_new(nint free, nint data, nuint length);

    [LibraryImport(Vips)]
    public static partial nint vips_blob_get(nint blob, out nuint length);

    [LibraryImport(Vips)]
    public static partial void vips_area_unref(nint area);

    /// <summary>GLib's value of any type: a type and two words (gvalue.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct GValue
    {
        public nuint Type;
        public ulong First;
        public ulong Second;
    }
}
