export const contours: any;
