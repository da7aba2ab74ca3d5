using System.Runtime.InteropServices;

namespace Monolith.Media.Imaging;

/// <summary>One call of an operation of libvips: give it its inputs, run it, take its output.</summary>
internal sealed class VipsOperation : SafeHandle
{
    /// <exception cref="InvalidOperationException">
    /// This build of libvips has no such operation, or the operation no such option.
    /// </exception>
    public VipsOperation(string name, string options)
        : base(0, ownsHandle: true)
    {
        SetHandle(VipsNative.vips_operation_new(name));
        if (IsInvalid || (options.Length > 0 && VipsNative.vips_object_set_from_string(this, options) != 0))
        {
            Dispose();
            throw new InvalidOperationException($"libvips does not know {name}[{options}]: {VipsException.TakeText()}");
        }
    }

    public override bool IsInvalid => handle == 0;

    public VipsOperation With(string property, VipsImage image)
    {
        var value = default(VipsNative.GValue);
        VipsNative.g_value_init(ref value, VipsNative.vips_image_get_type());
        VipsNative.g_value_set_object(ref value, image);
        VipsNative.g_object_set_property(this, property, value);
        VipsNative.g_value_unset(ref value);
        return this;
    }

    /// <param name="property">The name of the input.</param>
    /// <param name="data">Stays where it is until the last image made of it is gone: libvips copies nothing.</param>
    /// <param name="length">In bytes.</param>
    public VipsOperation With(string property, nint data, int length)
    {
        var blob = VipsNative.vips_blob_new(free: 0, data, (nuint)length);
        var value = default(VipsNative.GValue);
        VipsNative.g_value_init(ref value, VipsNative.vips_blob_get_type());
        VipsNative.g_value_set_boxed(ref value, blob);
        VipsNative.g_object_set_property(this, property, value);
        VipsNative.g_value_unset(ref value);
        VipsNative.vips_area_unref(blob);
        return this;
    }

    /// <exception cref="VipsException">The image is broken, blocked or was stopped.</exception>
    public VipsOperation Run()
    {
        var built = VipsNative.vips_cache_operation_build(this);
        if (built == 0)
        {
            throw VipsException.Take();
        }

        // The result is a reference of its own, even where it is the same object: keeping both leaks every image behind it.
        VipsNative.g_object_unref(handle);
        SetHandle(built);

        // Warnings stay in the buffer after a success, and there is one buffer for the process: it would grow without end.
        VipsNative.vips_error_clear();
        return this;
    }

    public VipsImage Image(string property)
    {
        var value = Output(property, VipsNative.vips_image_get_type());
        var image = new VipsImage(VipsNative.g_object_ref(VipsNative.g_value_get_object(value)));
        VipsNative.g_value_unset(ref value);
        return image;
    }

    public byte[] Bytes(string property)
    {
        var value = Output(property, VipsNative.vips_blob_get_type());
        var data = VipsNative.vips_blob_get(VipsNative.g_value_get_boxed(value), out var length);
        var bytes = new byte[length];
        Marshal.Copy(data, bytes, 0, bytes.Length);
        VipsNative.g_value_unset(ref value);
        return bytes;
    }

    protected override bool ReleaseHandle()
    {
        // An operation holds its outputs and they hold it: without the first call neither is ever freed.
        VipsNative.vips_object_unref_outputs(handle);
        VipsNative.g_object_unref(handle);
        return true;
    }

    private VipsNative.GValue Output(string property, nuint type)
    {
        var value = default(VipsNative.GValue);
        VipsNative.g_value_init(ref value, type);
        VipsNative.g_object_get_property(this, property, ref value);
        return value;
    }
}

/// <summary>An image of libvips: mostly a plan, whose pixels are made when something asks for them.</summary>
internal sealed class VipsImage : SafeHandle
{
    public VipsImage(nint owned)
        : base(0, ownsHandle: true) => SetHandle(owned);

    public override bool IsInvalid => handle == 0;

    public int Width => VipsNative.vips_image_get_width(this);

    public int Height => VipsNative.vips_image_get_height(this);

    public int Frames => VipsNative.vips_image_get_n_pages(this);

    /// <summary>Whether EXIF says that it is to be shown lying on its side.</summary>
    public bool IsTurned => VipsNative.vips_image_get_orientation_swap(this) != 0;

    public bool HasAlpha => VipsNative.vips_image_hasalpha(this) != 0;

    public bool IsCmyk => VipsNative.vips_image_get_interpretation(this) == VipsNative.InterpretationCmyk;

    public bool IsGrey => VipsNative.vips_image_get_bands(this) <= 2;

    public bool IsEightBit => VipsNative.vips_image_get_format(this) == VipsNative.FormatUchar;

    public bool HasProfile => VipsNative.vips_image_get_typeof(this, "icc-profile-data") != 0;

    // Every tile asks for this flag before it is made, so setting it from another thread needs no callback out of libvips.
    public void Kill() => VipsNative.vips_image_set_kill(this, 1);

    /// <summary>Makes all pixels now, into memory.</summary>
    /// <exception cref="VipsException">What they are made of is broken or was stopped.</exception>
    public VipsImage Render()
    {
        var rendered = VipsNative.vips_image_copy_memory(this);
        return rendered != 0 ? new VipsImage(rendered) : throw VipsException.Take();
    }

    protected override bool ReleaseHandle()
    {
        VipsNative.g_object_unref(handle);
        return true;
    }
}

/// <summary>libvips could not do it. The text is for diagnostics only: all threads write into one buffer.</summary>
internal sealed class VipsException(string message) : Exception(message)
{
    public static VipsException Take() => new(TakeText());

    public static string TakeText()
    {
        var text = VipsNative.vips_error_buffer_copy();
        try
        {
            return (Marshal.PtrToStringUTF8(text) ?? "").Trim().ReplaceLineEndings("; ");
        }
        finally
        {
            VipsNative.g_free(text);
        }
    }
}
