"""What a person types about a device."""

from django import forms

from usage.models import Device


class DeviceForm(forms.ModelForm[Device]):
    """What is noted of a device: the same fields to add and to edit. Saved by an action, which leaves the row as `result`."""

    result: Device

    class Meta:
        model = Device
        fields = ("name", "operating_system", "serial_number")
